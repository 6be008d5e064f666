import { createTheme, type MantineColorsTuple } from "@mantine/core";

// Colour belongs to the data: the chrome is neutral grey, with this one accent.
const accent: MantineColorsTuple = [
  "#e8f6f9", "#d3eaf0", "#a6d4e0", "#76bdd0", "#4fabc3", "#379fbb", "#2899b8", "#1a7f9b", "#0b6d86", "#005e75",
];

const dark: MantineColorsTuple = [
  "#d6d8da", "#b4b7ba", "#989ca0", "#6b6f73", "#44474a", "#36393c", "#2a2c2f", "#1f2123", "#18191b", "#111213",
];

export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 8, dark: 7 },
  colors: { accent, dark },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace',
  defaultRadius: 4,
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  focusRing: "auto",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "xs", fw: 500 } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray" } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: false, fz: 12, events: { hover: true, focus: true, touch: false } } },
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 0 } } },
    Menu: { defaultProps: { transitionProps: { duration: 0 }, shadow: "md" } },
    Popover: { defaultProps: { transitionProps: { duration: 0 }, shadow: "md" } },
    TextInput: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs" } },
  },
});
