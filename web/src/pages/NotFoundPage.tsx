import { Link } from "@tanstack/react-router";
import { Empty } from "../ui/Empty";

export function NotFoundPage() {
  return <Empty icon="search" title="There is no page at this address."><Link to="/">Go to the start page</Link></Empty>;
}
