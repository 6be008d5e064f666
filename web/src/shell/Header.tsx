import { ActionIcon, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { JobsButton } from "../jobs/JobsButton";
import { GroupChooser } from "../scope/GroupChooser";
import { SearchBox } from "../search/SearchBox";
import { AccountMenu } from "../session/AccountMenu";
import { SchemeToggle } from "./SchemeToggle";
import { Icon } from "../ui/icons";
import { ImportButton } from "../upload/ImportButton";
import classes from "./Workspace.module.css";

export function Header() {
  return (
    <header className={classes.header}>
      <div className={classes.place}>
        <Link to="/" className={classes.brand}>
          <img src="/app/icon.svg" width={24} height={24} alt="" /><span>Micrarium</span>
        </Link>
        <GroupChooser />
      </div>
      <SearchBox />
      <div className={classes.actions}>
        <ImportButton />
        <JobsButton />
        <Tooltip label="API tokens">
          <ActionIcon component={Link} to="/settings/tokens" aria-label="API tokens"><Icon name="key" /></ActionIcon>
        </Tooltip>
        <SchemeToggle />
        <AccountMenu />
      </div>
    </header>
  );
}
