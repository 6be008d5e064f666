import { Alert, Button, Group, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import { formatBytes } from "../../ui/units";
import { useRefresh } from "../data";
import { parseBytes, type Use } from "./use";

export function QuotaForm({ kind, use, onClose }: { kind: "user" | "group"; use: Use; onClose: () => void }) {
  const [text, setText] = useState(use.quota_bytes === null || use.quota_bytes === undefined ? "" : formatBytes(use.quota_bytes));
  const refresh = useRefresh();
  const quota = parseBytes(text);
  const save = useMutation({
    mutationFn: () => http.put(`/admin/quotas/${kind}/${use.id}`, { quota_bytes: quota }),
    onSuccess: async () => {
      onClose();
      await refresh();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (quota !== "wrong" && !save.isPending) save.mutate();
  };
  const isBelow = typeof quota === "number" && quota < use.total_bytes;
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput label="Quota" description="For example 500 GB or 1.5 TB; empty for no limit" data-autofocus value={text} onChange={(event) => setText(event.currentTarget.value)}
          error={quota === "wrong" ? "This is no size. Write a number and B, kB, MB, GB, TB or PB." : null} />
        <p className="muted" style={{ margin: 0 }}>
          {formatBytes(use.total_bytes)} are used now. {isBelow && "That is more than this quota: nothing is removed, and nothing more can be added."}
        </p>
        {save.error && <Alert color="red" variant="light" p="sm" role="alert">{save.error.message}</Alert>}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={save.isPending} disabled={quota === "wrong"}>{quota === null ? "No limit" : "Set quota"}</Button>
        </Group>
      </Stack>
    </form>
  );
}
