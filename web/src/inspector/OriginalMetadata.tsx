import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { originalMetadataQuery } from "../api/acquisition";
import { Problem } from "../ui/Problem";
import inspector from "./Inspector.module.css";

/** All that the files say of themselves, key by key, and a field to look through it. */
export function OriginalMetadata({ id }: { id: number }) {
  const [text, setText] = useState("");
  const [wanted] = useDebouncedValue(text.trim(), 200);
  const query = useInfiniteQuery({ ...originalMetadataQuery(id, wanted), placeholderData: keepPreviousData });
  if (query.error) return <Problem error={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data) return null;
  const pairs = query.data.pages.flatMap((page) => page.items);
  const count = query.data.pages[0]?.count ?? 0;
  if (count === 0 && !wanted) return <span className="muted">The file says nothing more.</span>;
  return (
    <>
      <TextInput size="xs" mb={8} aria-label="Find in the original metadata" placeholder={`Find among ${count} entries`} value={text} maxLength={200} onChange={(event) => setText(event.currentTarget.value)} />
      {pairs.length === 0 ? <span className="muted">No key or value has these words.</span> : (
        <table className={inspector.noted}>
          <tbody>{pairs.map(([key, value]) => <tr key={key}><td>{key}</td><td>{value}</td></tr>)}</tbody>
        </table>
      )}
      {query.hasNextPage && <Button mt={8} variant="default" size="compact-xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>More of {count} entries</Button>}
    </>
  );
}
