import { Kbd, TextInput } from "@mantine/core";
import { useLocation, useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Icon } from "../ui/icons";
import { isTyping } from "../ui/keys";
import { takeEarly } from "./early";

export function SearchBox() {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { q }: { q?: string } = useSearch({ strict: false });
  const inPage = pathname === "/search" ? (q ?? "") : "";
  const [text, setText] = useState(inPage);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(inPage), [inPage]);
  useEffect(() => {
    const typed = takeEarly();
    if (typed === null) return;
    setText(typed);
    input.current?.focus();
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || isTyping(event)) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) void navigate({ to: "/search", search: { q: text.trim() } });
  };
  return (
    <form role="search" onSubmit={submit}>
      <TextInput ref={input} size="xs" type="search" aria-label="Search" placeholder='Search names, tags, key-values: organism="homo sapiens"'
        leftSection={<Icon name="search" size={14} />} rightSection={<Kbd size="xs">/</Kbd>} value={text}
        onChange={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()} />
    </form>
  );
}
