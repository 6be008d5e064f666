import { Button, CopyButton, Group, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { makePassword } from "./account";

/** A new password, typed or made here, to be handed on to whoever it is for. */
export function PasswordField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [isShown, setShown] = useState(false);
  const make = () => {
    onChange(makePassword());
    setShown(true);
  };
  return (
    <Group gap="sm" align="end" wrap="nowrap">
      <PasswordInput label={label} description="At least 8 characters" size="xs" required autoComplete="new-password" style={{ flex: 1 }} value={value}
        visible={isShown} onVisibilityChange={setShown} onChange={(event) => onChange(event.currentTarget.value)}
        error={value && value.length < 8 ? `${8 - value.length} more` : null} inputWrapperOrder={["label", "description", "error", "input"]} />
      <Button variant="default" onClick={make}>Make one</Button>
      <CopyButton value={value}>{({ copied, copy }) => <Button variant="default" disabled={!value} onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}</CopyButton>
    </Group>
  );
}
