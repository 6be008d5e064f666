import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";
import { Icon } from "../ui/icons";

const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;
const LABEL = { auto: "Colours follow the system", light: "Light", dark: "Dark" } as const;
const ICON = { auto: "screenAuto", light: "sun", dark: "moon" } as const;

export function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const label = `${LABEL[colorScheme]}. Change to: ${LABEL[NEXT[colorScheme]].toLowerCase()}`;
  return (
    <Tooltip label={label}>
      <ActionIcon onClick={() => setColorScheme(NEXT[colorScheme])} aria-label={label}><Icon name={ICON[colorScheme]} /></ActionIcon>
    </Tooltip>
  );
}
