import { Alert, Anchor, Button, Divider, PasswordInput, Stack, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { sourcesQuery, useSignIn } from "../api/session";
import classes from "./SignInPage.module.css";

export function SignInPage() {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useSignIn();
  const sources = useQuery(sourcesQuery).data;
  const here = window.location.pathname + window.location.search;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ username, password });
  };
  return (
    <main className={classes.page}>
      <form className={classes.card} onSubmit={submit} aria-label="Sign in">
        <Stack gap="md">
          <div className={classes.brand}>
            <img src="/app/icon.svg" width={32} height={32} alt="" />
            <Title order={1} size={20} fw={600}>Micrarium</Title>
          </div>
          <TextInput label="User name" size="sm" name="username" autoComplete="username" autoFocus required value={username}
            onChange={(event) => setUsername(event.currentTarget.value)} />
          <PasswordInput label="Password" size="sm" name="password" autoComplete="current-password" required value={password}
            onChange={(event) => setPassword(event.currentTarget.value)} />
          {signIn.error && <Alert color="red" variant="light" p="sm" role="alert">{signIn.error.message}</Alert>}
          <Button type="submit" size="sm" loading={signIn.isPending}>Sign in</Button>
          {sources?.reset_by_mail && <Anchor href="/reset-password" fz="sm" ta="center">Forgot your password?</Anchor>}
          {sources?.provider && (
            <>
              <Divider label="or" />
              <Button component="a" size="sm" variant="default" href={`${sources.provider.address}?next=${encodeURIComponent(here)}`}>
                Sign in with {sources.provider.name}
              </Button>
            </>
          )}
        </Stack>
      </form>
    </main>
  );
}
