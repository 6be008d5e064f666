import { useSession } from "../../api/session";
import { may } from "../access";
import classes from "../Admin.module.css";
import { BannerEditor } from "./BannerEditor";
import { MailForm } from "./MailForm";

/** Telling people something: on every page, or by mail. */
export function MessagesPage() {
  const isAllowed = may(useSession(), "ModifyUser");
  return (
    <>
      <div className={classes.bar}><h1>Messages</h1></div>
      {isAllowed && <BannerEditor />}
      {isAllowed && <MailForm />}
    </>
  );
}
