import { Link } from "@tanstack/react-router";
import { Header } from "../shell/Header";
import shell from "../shell/Workspace.module.css";
import { Empty } from "../ui/Empty";

export function NotFoundPage() {
  return (
    <div className={shell.page}>
      <Header />
      <main className={shell.grow}><Empty icon="search" title="There is no page at this address."><Link to="/">Go to the start page</Link></Empty></main>
    </div>
  );
}
