import { ActionIcon, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useSession } from "../api/session";
import { JobsButton } from "../jobs/JobsButton";
import { GroupChooser } from "../scope/GroupChooser";
import { SearchBox } from "../search/SearchBox";
import { AccountMenu } from "../session/AccountMenu";
import { VisitBadge } from "../sharing/VisitBadge";
import { SchemeToggle } from "./SchemeToggle";
import { Icon } from "../ui/icons";
import { ImportButton } from "../upload/ImportButton";
import classes from "./Workspace.module.css";

export function Header() {
  const visit = useSession()?.visit;
  return (
    <header className={classes.header}>
      <div className={classes.place}>
        <Link to="/" className={classes.brand}>
          <img src="/app/icon.svg" width={24} height={24} alt="" /><span>Micrarium</span>
        </Link>
        {!visit && <GroupChooser />}
      </div>
      {visit?.is_blind ? <span /> : <SearchBox />}
      <div className={classes.actions}>
        {visit ? (
          <VisitBadge visit={visit} />
        ) : (
          <>
            <ImportButton />
            <JobsButton />
            <Tooltip label="API tokens">
              <ActionIcon component={Link} to="/settings/tokens" aria-label="API tokens"><Icon name="key" /></ActionIcon>
            </Tooltip>
          </>
        )}
        <SchemeToggle />
        {!visit && <AccountMenu />}
      </div>
    </header>
  );
}
