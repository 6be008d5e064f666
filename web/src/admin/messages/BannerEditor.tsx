import { Alert, Button, Select, Skeleton, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { http } from "../../api/http";
import { type Banner, bannerQuery, type BannerLevel } from "../../banner/banner";
import { BannerStrip } from "../../banner/BannerBar";
import { Problem } from "../../ui/Problem";
import { say } from "../../ui/toasts";
import classes from "../Admin.module.css";
import { localTime } from "./times";

const LEVELS: { value: BannerLevel; label: string }[] = [{ value: "info", label: "News" }, { value: "warning", label: "Warning" }, { value: "error", label: "Fault" }];
const MOST = 2000;

export function BannerEditor() {
  const banner = useQuery(bannerQuery);
  return (
    <section className={classes.section} aria-label="Banner">
      <header><h2>Banner on every page</h2></header>
      {banner.error && <Problem error={banner.error} onRetry={() => void banner.refetch()} />}
      {banner.data ? <Form key={banner.data.set_at ?? ""} banner={banner.data} /> : banner.isPending && <Skeleton height={120} />}
    </section>
  );
}

function Form({ banner }: { banner: Banner }) {
  const client = useQueryClient();
  const [text, setText] = useState(banner.text);
  const [level, setLevel] = useState<BannerLevel>(banner.level);
  const [ends, setEnds] = useState(banner.text ? localTime(banner.ends_at) : "");
  const set = useMutation({
    mutationFn: (shown: string) => http.put<Banner>("/banner", { text: shown, level, ends_at: shown && ends ? new Date(ends).toISOString() : null }),
    onSuccess: (changed) => {
      client.setQueryData(bannerQuery.queryKey, changed);
      say(changed.text ? "Everyone sees it within a minute." : "The banner is taken away.");
    },
  });
  const isOver = ends !== "" && new Date(ends).getTime() <= Date.now();
  const isReady = text.trim() !== "" && text.length <= MOST && !isOver;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady && !set.isPending) set.mutate(text.trim());
  };
  return (
    <form onSubmit={submit}>
      <div className={classes.fields}>
        <Textarea className={classes.wide} label="Text" description="Also seen before signing in; each person can put it away until it changes" size="xs" autosize minRows={2} maxRows={8} value={text}
          error={text.length > MOST ? `${text.length - MOST} characters too many` : null} onChange={(event) => setText(event.currentTarget.value)} />
        <Select label="Kind" data={LEVELS} value={level} allowDeselect={false} onChange={(value) => value && setLevel(value)} />
        <TextInput label="Ends" type="datetime-local" value={ends} error={isOver ? "This is over already" : null} onChange={(event) => setEnds(event.currentTarget.value)} />
      </div>
      {text.trim() && <div className={classes.preview} aria-label="Preview"><BannerStrip banner={{ text: text.trim(), level }} /></div>}
      {set.error && <Alert color="red" variant="light" p="sm" mt="md" role="alert">{set.error.message}</Alert>}
      <div className={classes.foot}>
        <Button type="submit" loading={set.isPending} disabled={!isReady}>Show to everyone</Button>
        {banner.text && <Button variant="default" disabled={set.isPending} onClick={() => set.mutate("")}>Take it away</Button>}
      </div>
    </form>
  );
}
