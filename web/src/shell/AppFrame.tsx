import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation } from "@tanstack/react-router";
import { BASE } from "../api/base";
import { useChanges } from "../api/changes";
import { sessionQuery } from "../api/session";
import { BannerBar } from "../banner/BannerBar";
import { ResetPage } from "../session/ResetPage";
import { SignInPage } from "../session/SignInPage";
import { SudoBar } from "../session/SudoBar";
import { VisitPage } from "../sharing/VisitPage";
import { DialogHost } from "../ui/dialogs";
import { Problem } from "../ui/Problem";
import { ToastHost } from "../ui/toasts";
import { UploadHost } from "../upload/UploadHost";
import classes from "./Workspace.module.css";

/** What every page stands in: the session first, then the page, with dialogs, messages and uploads above it. */
export function AppFrame() {
  const session = useQuery(sessionQuery);
  useChanges(Boolean(session.data) && !session.data?.visit);
  const { pathname } = useLocation();
  if (pathname === "/reset-password") return <ResetPage />;
  if (session.error) return <Problem error={session.error} onRetry={() => void session.refetch()} />;
  if (session.isPending) return null;
  if (!session.data) return <div className={classes.app}><BannerBar /><div className={classes.room}>{BASE ? <VisitPage /> : <SignInPage />}</div></div>;
  return (
    <div className={classes.app}>
      <SudoBar />
      <BannerBar />
      <div className={classes.room}><Outlet /></div>
      {!session.data.visit && <UploadHost />}
      <DialogHost />
      <ToastHost />
    </div>
  );
}
