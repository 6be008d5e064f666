import { ColorPicker, Popover, TextInput } from "@mantine/core";
import { useState } from "react";
import classes from "../Viewer.module.css";

const SWATCHES = ["#0000FF", "#00FFFF", "#00FF00", "#FFFF00", "#FF8000", "#FF0000", "#FF00FF", "#FFFFFF"];

export function ColorButton({ name, color, onChange }: { name: string; color: string; onChange: (color: string) => void }) {
  const [draft, setDraft] = useState(color);
  const keep = (value: string) => {
    setDraft(value.replace("#", ""));
    if (/^#?[0-9a-f]{6}$/i.test(value)) onChange(value.replace("#", "").toUpperCase());
  };
  return (
    <Popover position="left-start" withArrow trapFocus>
      <Popover.Target>
        <button type="button" className={classes.swatch} style={{ background: `#${color}` }} aria-label={`Colour of ${name}: ${color}`} title="Colour" />
      </Popover.Target>
      <Popover.Dropdown>
        <ColorPicker size="sm" format="hex" value={`#${color}`} onChange={keep} swatches={SWATCHES} swatchesPerRow={8} />
        <TextInput mt={8} aria-label="Colour as RRGGBB" value={draft} maxLength={7} onFocus={() => setDraft(color)} onChange={(event) => keep(event.currentTarget.value)} />
      </Popover.Dropdown>
    </Popover>
  );
}
