import { Combobox, TextInput, useCombobox } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { tagsQuery } from "../api/annotations";

type Choice = { id: number } | { text: string };

/** A field that offers the tags there are, and makes a new one of what is typed. */
export function TagInput({ taken, onAdd, label = "Add a tag" }: { taken: string[]; onAdd: (choice: Choice) => void; label?: string }) {
  const [text, setText] = useState("");
  const [sought] = useDebouncedValue(text.trim(), 150);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const found = useQuery({ ...tagsQuery(sought), enabled: combobox.dropdownOpened });
  const unique = new Map((found.data?.items ?? []).map((tag) => [tag.text_value ?? "", tag]));
  const options = [...unique.values()].filter((tag) => !taken.includes(tag.text_value ?? ""));
  const typed = text.trim();
  const isNew = typed !== "" && !unique.has(typed) && !taken.includes(typed);
  const submit = (value: string) => {
    if (value.startsWith("id:")) onAdd({ id: Number(value.slice(3)) });
    else if (typed) onAdd({ text: typed });
    setText("");
    combobox.closeDropdown();
  };
  return (
    <Combobox store={combobox} onOptionSubmit={submit} transitionProps={{ duration: 0 }}>
      <Combobox.Target>
        <TextInput size="xs" w={112} placeholder={label} aria-label={label} value={text} onFocus={() => combobox.openDropdown()} onBlur={() => combobox.closeDropdown()}
          onChange={(event) => {
            setText(event.currentTarget.value);
            combobox.openDropdown();
            combobox.resetSelectedOption();
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || combobox.getSelectedOptionIndex() >= 0 || !typed) return;
            event.preventDefault();
            const same = unique.get(typed);
            submit(same ? `id:${same.id}` : "new");
          }} />
      </Combobox.Target>
      <Combobox.Dropdown hidden={options.length === 0 && !isNew} miw={180}>
        <Combobox.Options mah={240} style={{ overflowY: "auto" }}>
          {options.map((tag) => <Combobox.Option key={tag.id} value={`id:${tag.id}`}>{tag.text_value}</Combobox.Option>)}
          {isNew && <Combobox.Option value="new">New tag “{typed}”</Combobox.Option>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
