import { Alert, Anchor, Button, PasswordInput, Stack, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { http } from "../api/http";
import { sourcesQuery } from "../api/session";
import classes from "./SignInPage.module.css";

/** Where the mail for a new password is asked for, and where its address leads. The key stays behind the #, so no log has it. */
export function ResetPage() {
  const [key] = useState(() => decodeURIComponent(window.location.hash.slice(1)));
  return key ? <Choosing token={key} /> : <Asking />;
}

function Card({ title, onSubmit, error, children }: { title: string; onSubmit: () => void; error: Error | null; children: ReactNode }) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <main className={classes.page}>
      <form className={classes.card} onSubmit={submit} aria-label={title}>
        <Stack gap="md">
          <div className={classes.brand}>
            <img src="/app/icon.svg" width={32} height={32} alt="" />
            <Title order={1} size={20} fw={600}>{title}</Title>
          </div>
          {children}
          {error && <Alert color="red" variant="light" p="sm" role="alert">{error.message}</Alert>}
          <Anchor href="/" fz="sm" ta="center">Back to sign-in</Anchor>
        </Stack>
      </form>
    </main>
  );
}

function Asking() {
  const [name, setName] = useState("");
  const ask = useMutation({ mutationFn: () => http.post<{ detail: string }>("/session/password_reset", { name: name.trim() }) });
  return (
    <Card title="Forgot password" onSubmit={() => name.trim() && ask.mutate()} error={ask.error}>
      {ask.data ? <Alert color="accent" variant="light" p="sm" role="status">{ask.data.detail}. It works for an hour.</Alert> : (
        <>
          <TextInput label="User name or e-mail address" size="sm" name="username" autoComplete="username" autoFocus required value={name}
            onChange={(event) => setName(event.currentTarget.value)} />
          <Button type="submit" size="sm" loading={ask.isPending}>Send a mail</Button>
        </>
      )}
    </Card>
  );
}

function Choosing({ token }: { token: string }) {
  const [password, setPassword] = useState("");
  const fewest = useQuery(sourcesQuery).data?.password_min_length;
  const choose = useMutation({ mutationFn: () => http.put<void>("/session/password_reset", { token, password }) });
  return (
    <Card title="New password" onSubmit={() => choose.mutate()} error={choose.error}>
      {choose.isSuccess ? <Alert color="accent" variant="light" p="sm" role="status">Your password is changed, and you were signed out everywhere.</Alert> : (
        <>
          <PasswordInput label="New password" description={fewest && `At least ${fewest} characters, several unusual words`} size="sm"
            autoComplete="new-password" autoFocus required value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
          <Button type="submit" size="sm" loading={choose.isPending}>Change password</Button>
        </>
      )}
    </Card>
  );
}
