import { Alert } from "@mantine/core";
import { counted, type Report } from "../api/graph";
import { Icon } from "../ui/icons";
import classes from "./Graph.module.css";

const WOULD: Record<Report["operation"], string> = {
  delete: "go into the bin",
  chgrp: "move",
  chown: "change hands",
  duplicate: "are copied",
  purge: "are removed for good",
};

/** What a dry run found: what goes, what stays and why, and what is in the way. */
export function GraphReport({ report, isPurging = false }: { report: Report; isPurging?: boolean }) {
  const stays = counted(report.stays_count ?? {});
  const cut = Object.values(report.links_cut ?? {}).reduce((sum, n) => sum + n, 0);
  if (report.refused.length > 0) {
    return (
      <Alert color="red" icon={<Icon name="warning" />} title="This is not possible" p="sm">
        {report.refused.map((sentence) => <div key={sentence}>{sentence}.</div>)}
      </Alert>
    );
  }
  return (
    <div className={classes.report} aria-live="polite">
      <div><strong>{counted(report.counts) || "Nothing"}</strong> {WOULD[isPurging ? "purge" : report.operation]}.</div>
      {cut > 0 && <div className="muted">{cut.toLocaleString()} {cut === 1 ? "link" : "links"} to what stays {cut === 1 ? "is" : "are"} cut.</div>}
      {Boolean(report.settings_binned) && <div className="muted">{report.settings_binned} of other people's rendering settings go into the bin.</div>}
      {stays && report.operation !== "duplicate" && (
        <details>
          <summary>{stays} {/^1 [^,]*$/.test(stays) ? "stays" : "stay"}</summary>
          <ul className={classes.stays}>
            {report.stays?.map((one) => <li key={one.object}><span>{one.name || one.object}</span> <span className="muted">{one.why}</span></li>)}
          </ul>
        </details>
      )}
    </div>
  );
}
