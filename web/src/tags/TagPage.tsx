import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { http } from "../api/http";
import { carriersQuery, SHOWN } from "../api/tags";
import { ImagesView } from "../grid/ImagesView";
import { pageOf, useRouteId } from "../shell/location";
import { Empty } from "../ui/Empty";
import { Icon } from "../ui/icons";
import { Problem } from "../ui/Problem";
import list from "../pages/ChildrenView.module.css";

const CONTAINERS = SHOWN.filter((type) => type !== "image");

/** What carries a tag: containers as a list, images as a grid. */
export function TagPage() {
  const id = useRouteId();
  const tag = useQuery({ queryKey: ["object", "annotation", id], queryFn: () => http.get<{ text_value?: string | null }>(`/annotations/${id}`) });
  const others = useQueries({ queries: CONTAINERS.map((type) => carriersQuery(id, type, 1000)) });
  if (tag.error) return <Problem error={tag.error} onRetry={() => void tag.refetch()} />;
  const found = CONTAINERS.flatMap((type, index) => (others[index]?.data ?? []).map((item) => ({ type, ...item })));
  const empty = found.length ? null : <Empty icon="tag" title="Nothing carries this tag.">Add it to images in the inspector.</Empty>;
  return (
    <>
      {found.length > 0 && (
        <ul className={`${list.list} scroll`} style={{ flex: "none", maxHeight: "40%" }} aria-label="Projects, datasets, screens and plates with this tag">
          {found.map((item) => (
            <li key={`${item.type}-${item.id}`}>
              <Link to={pageOf(item)} className={list.item}>
                <Icon name={item.type} /><span className="truncate" style={{ flex: 1 }}>{item.name}</span><span className="muted">{item.type}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      <ImagesView key={id} title={tag.data?.text_value ?? ""} filter={{ annotation: id }} empty={empty} />
    </>
  );
}
