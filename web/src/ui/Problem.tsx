import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ProblemError } from "../api/http";
import { Icon } from "./icons";
import classes from "./Message.module.css";

/** An error in the place where its answer would have stood. */
export function Problem({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const isMissing = error instanceof ProblemError && error.status === 404;
  return (
    <div className={classes.message} role="alert">
      <Icon name="warning" size={24} />
      <p className={classes.title}>{isMissing ? "This does not exist, or you may not see it." : error.message}</p>
      {isMissing && <p className="muted">{error.message}</p>}
      {isMissing && <p><Link to="/">Go to the start page</Link></p>}
      {onRetry && !isMissing && <Button variant="default" onClick={onRetry}>Try again</Button>}
    </div>
  );
}
