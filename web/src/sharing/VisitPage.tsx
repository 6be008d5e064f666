import { Alert, Button, PasswordInput, Stack, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { BASE } from "../api/base";
import { http } from "../api/http";
import { sessionQuery } from "../api/session";
import classes from "../session/SignInPage.module.css";

/** The door of a share link with a password; of the public pages while nothing is published. */
export function VisitPage() {
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const open = useMutation({
    mutationFn: () => http.post("/visit", { password }),
    onSuccess: () => client.resetQueries({ queryKey: sessionQuery.queryKey }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    open.mutate();
  };
  const isLink = BASE.startsWith("/s/");
  return (
    <main className={classes.page}>
      <form className={classes.card} onSubmit={submit} aria-label="Open a shared link">
        <Stack gap="md">
          <div className={classes.brand}>
            <img src="/app/icon.svg" width={32} height={32} alt="" />
            <Title order={1} size={20} fw={600}>Micrarium</Title>
          </div>
          <p style={{ margin: 0 }}>{isLink ? "Somebody shared images with you. This link asks for a password." : "Nothing is published here yet."}</p>
          {isLink && (
            <PasswordInput label="Password of the link" size="sm" autoFocus required value={password} autoComplete="off"
              onChange={(event) => setPassword(event.currentTarget.value)} />
          )}
          {open.error && <Alert color="red" variant="light" p="sm" role="alert">{open.error.message}</Alert>}
          {isLink ? <Button type="submit" size="sm" loading={open.isPending}>Open</Button> : <Button component="a" href="/" variant="default">Sign in</Button>}
        </Stack>
      </form>
    </main>
  );
}
