import { ActionIcon, Skeleton, Tooltip } from "@mantine/core";
import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { http } from "../api/http";
import { carriersQuery, SHOWN, type Tag, type TagSet, tagsQuery } from "../api/tags";
import { useScope } from "../scope/scope";
import { pageOf } from "../shell/location";
import { askName } from "../ui/dialogs";
import { Empty } from "../ui/Empty";
import { Icon, type IconName } from "../ui/icons";
import { Problem } from "../ui/Problem";
import { sayError } from "../ui/toasts";
import { useDelayed } from "../ui/useDelayed";
import shell from "../shell/Workspace.module.css";
import classes from "./Tags.module.css";

/** How many objects of a class are listed below a tag; its page has all. */
const MOST = 50;

/** Tag sets, the tags in them, and what carries those. */
export function TagTree({ heading }: { heading: ReactNode }) {
  const scope = useScope();
  const tags = useQuery(tagsQuery(scope));
  const isLate = useDelayed(tags.isPending);
  const refresh = useRefreshing();
  const makeSet = async () => {
    const answer = await askName("New tag set", "Make tag set");
    const query = scope.group === null ? "" : `?group=${scope.group}`;
    if (answer) await refresh(() => http.post(`/tag_sets${query}`, { name: answer.name, description: answer.description || null }));
  };
  return (
    <>
      <div className={shell.toolbar}>
        {heading}
        <span className={shell.grow} />
        <Tooltip label="New tag set"><ActionIcon aria-label="New tag set" onClick={() => void makeSet()}><Icon name="plus" /></ActionIcon></Tooltip>
      </div>
      {tags.error && <Problem error={tags.error} onRetry={() => void tags.refetch()} />}
      {isLate && <div className={classes.skeletons} aria-busy="true">{Array.from({ length: 6 }, (_, index) => <Skeleton key={index} height={20} />)}</div>}
      {tags.data && tags.data.sets.length + tags.data.tags.length === 0 && (
        <Empty icon="tag" title="No tags here yet.">Tag images in the inspector, or make a tag set with +.</Empty>
      )}
      <ul className={`${classes.tree} scroll`} aria-label="Tag sets and tags">
        {tags.data?.sets.map((set) => <SetRow key={set.id} set={set} />)}
        {tags.data?.tags.map((tag) => <TagRow key={tag.id} tag={tag} depth={0} />)}
      </ul>
    </>
  );
}

function useRefreshing() {
  const client = useQueryClient();
  return async (change: () => Promise<unknown>) => {
    try {
      await change();
      await client.invalidateQueries({ queryKey: ["tags"] });
    } catch (error) {
      sayError(error);
    }
  };
}

function SetRow({ set }: { set: TagSet }) {
  const [isOpen, setOpen] = useState(true);
  const refresh = useRefreshing();
  const put = async () => {
    const answer = await askName(`New tag in ${set.name}`, "Put into the set");
    if (answer) await refresh(() => http.post(`/tag_sets/${set.id}/tags`, { names: [answer.name] }));
  };
  return (
    <li>
      <Row depth={0} icon="tagSet" name={set.name} title={set.description} isOpen={isOpen} onToggle={() => setOpen(!isOpen)} count={set.tags.length}>
        <ActionIcon size={20} className={classes.action} aria-label={`Put a tag into ${set.name}`} onClick={() => void put()}><Icon name="plus" size={12} /></ActionIcon>
      </Row>
      {isOpen && (
        <ul>
          {set.tags.length === 0 && <li className={`${classes.note} muted`}>No tags in it</li>}
          {set.tags.map((tag) => (
            <TagRow key={tag.id} tag={tag} depth={1}>
              <ActionIcon size={20} className={classes.action} aria-label={`Take ${tag.name} out of ${set.name}`}
                onClick={() => void refresh(() => http.post(`/tag_sets/${set.id}/tags/remove`, { ids: [tag.id] }))}>
                <Icon name="close" size={10} />
              </ActionIcon>
            </TagRow>
          ))}
        </ul>
      )}
    </li>
  );
}

function TagRow({ tag, depth, children }: { tag: Tag; depth: number; children?: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      <Row depth={depth} icon="tag" name={tag.name} title={tag.description} to={`/tags/${tag.id}`} isOpen={tag.count > 0 ? isOpen : undefined}
        onToggle={() => setOpen(!isOpen)} count={tag.count}>
        {children}
      </Row>
      {isOpen && tag.count > 0 && <Carriers tag={tag} depth={depth + 1} />}
    </li>
  );
}

function Carriers({ tag, depth }: { tag: Tag; depth: number }) {
  const types = SHOWN.filter((type) => tag.counts[`${type}s`]);
  const found = useQueries({ queries: types.map((type) => carriersQuery(tag.id, type, MOST)) });
  const shown = found.reduce((sum, one) => sum + (one.data?.length ?? 0), 0);
  if (found.some((one) => one.isPending)) return <p className={`${classes.note} muted`}>Loading…</p>;
  return (
    <ul>
      {types.flatMap((type, index) => (found[index]?.data ?? []).map((item) => (
        <li key={`${type}-${item.id}`}><Row depth={depth} icon={type} name={item.name} to={pageOf({ type, id: item.id })} /></li>
      )))}
      {shown < tag.count && <li className={classes.note}><Link to={`/tags/${tag.id}`}>All {tag.count.toLocaleString("en")}</Link></li>}
    </ul>
  );
}

interface RowProps { depth: number; icon: IconName; name: string; title?: string | null; to?: string; isOpen?: boolean; onToggle?: () => void; count?: number; children?: ReactNode }

function Row({ depth, icon, name, title, to, isOpen, onToggle, count, children }: RowProps) {
  const label = <><Icon name={icon} /><span className="truncate">{name}</span></>;
  return (
    <div className={classes.row} style={{ paddingLeft: 4 + depth * 20 }} title={title || name}>
      {isOpen === undefined ? <span className={classes.chevron} /> : (
        <button type="button" className={classes.chevron} data-open={isOpen || undefined} aria-expanded={isOpen} aria-label={`${isOpen ? "Close" : "Open"} ${name}`} onClick={onToggle}>
          <Icon name="chevron" size={12} />
        </button>
      )}
      {to ? <Link to={to} className={classes.label} activeProps={{ "aria-current": "page" }}>{label}</Link>
        : <button type="button" className={classes.label} onClick={onToggle}>{label}</button>}
      {children}
      {count !== undefined && <span className={classes.count}>{count.toLocaleString("en")}</span>}
    </div>
  );
}
