import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { sessionQuery } from "../api/session";
import { BannerBar } from "../banner/BannerBar";
import { SignInPage } from "../session/SignInPage";
import { SudoBar } from "../session/SudoBar";
import { DialogHost } from "../ui/dialogs";
import { Problem } from "../ui/Problem";
import { ToastHost } from "../ui/toasts";
import { UploadHost } from "../upload/UploadHost";
import classes from "./Workspace.module.css";

/** What every page stands in: the session first, then the page, with dialogs, messages and uploads above it. */
export function AppFrame() {
  const session = useQuery(sessionQuery);
  if (session.error) return <Problem error={session.error} onRetry={() => void session.refetch()} />;
  if (session.isPending) return null;
  if (!session.data) return <div className={classes.app}><BannerBar /><div className={classes.room}><SignInPage /></div></div>;
  return (
    <div className={classes.app}>
      <SudoBar />
      <BannerBar />
      <div className={classes.room}><Outlet /></div>
      <UploadHost />
      <DialogHost />
      <ToastHost />
    </div>
  );
}
