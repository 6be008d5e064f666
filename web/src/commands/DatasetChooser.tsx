import { Button, Group, Select, Stack } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { http } from "../api/http";
import type { Page, TreeItem } from "../api/types";
import { sayError } from "../ui/toasts";

interface Props { onChoose: (dataset: { id: number; name: string }) => Promise<void>; onCancel: () => void }

export function DatasetChooser({ onChoose, onCancel }: Props) {
  const [text, setText] = useState("");
  const [sought] = useDebouncedValue(text, 200);
  const [id, setId] = useState<string | null>(null);
  const datasets = useQuery({
    queryKey: ["datasets", sought],
    queryFn: () => http.get<Page<TreeItem>>("/datasets", { limit: 50, sort: "name", "name~": sought || undefined }),
    placeholderData: (before) => before,
  });
  const items = datasets.data?.items ?? [];
  const chosen = items.find((item) => String(item.id) === id);
  return (
    <Stack gap="lg">
      <Select label="Dataset" size="sm" searchable data-autofocus data={items.map((item) => ({ value: String(item.id), label: item.name }))} value={id}
        onChange={setId} searchValue={text} onSearchChange={setText} nothingFoundMessage="No dataset of that name" error={datasets.error?.message} />
      <Group justify="flex-end" gap="sm">
        <Button variant="default" onClick={onCancel}>Cancel</Button>
        <Button disabled={!chosen} onClick={() => chosen && void onChoose(chosen).catch(sayError)}>Add</Button>
      </Group>
    </Stack>
  );
}
