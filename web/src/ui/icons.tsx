/** The application's icons: 16 x 16 line drawings that take the text's colour. */
const paths = {
  project: "M2 4.5h4l1.5 1.5H14v7H2z",
  dataset: "M2.5 4.5l5.5-2.5 5.5 2.5L8 7zM2.5 8L8 10.5 13.5 8M2.5 11.5L8 14l5.5-2.5",
  image: "M2.5 3h11v10h-11zM2.5 11l3.5-3.5 2.5 2.5 2-2 3 3M10.5 6a.5.5 0 1 0 .01 0",
  screen: "M2 3.5h12v8H2zM5.5 14h5M8 11.5V14",
  plate: "M2 3.5h12v9H2zM4.5 6a.6.6 0 1 0 .01 0M8 6a.6.6 0 1 0 .01 0M11.5 6a.6.6 0 1 0 .01 0M4.5 9.6a.6.6 0 1 0 .01 0M8 9.6a.6.6 0 1 0 .01 0M11.5 9.6a.6.6 0 1 0 .01 0",
  orphan: "M2.5 8.5l2-5h7l2 5v4.5h-11zM2.5 8.5h3.5l.8 2h2.4l.8-2h3.5",
  chevron: "M6 3.5L10.5 8 6 12.5",
  search: "M7 2.5a4.5 4.5 0 1 0 .01 0M10.5 10.5L14 14",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  sun: "M8 5a3 3 0 1 0 .01 0M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
  screenAuto: "M8 2a6 6 0 1 0 .01 0M8 2v12a6 6 0 0 0 0-12",
  user: "M8 2.5a2.7 2.7 0 1 0 .01 0M2.8 14a5.2 5.2 0 0 1 10.4 0",
  upload: "M8 11V3M4.5 6L8 2.5 11.5 6M2.5 10.5v3h11v-3",
  download: "M8 2.5V11M4.5 7.5L8 11l3.5-3.5M2.5 11v2.5h11V11",
  link: "M6.5 9.5l3-3M7 5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 9M5 7L3.5 8.5a2.8 2.8 0 0 0 4 4L9 11",
  trash: "M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9M6.8 7v4M9.2 7v4",
  pencil: "M3 13l.6-2.8L10.8 3l2.2 2.2-7.2 7.2z",
  disk: "M2.5 4.5c0-1.2 2.5-2 5.5-2s5.5.8 5.5 2v7c0 1.2-2.5 2-5.5 2s-5.5-.8-5.5-2zM2.5 4.5c0 1.2 2.5 2 5.5 2s5.5-.8 5.5-2M2.5 8c0 1.2 2.5 2 5.5 2s5.5-.8 5.5-2",
  mail: "M2 3.5h12v9H2zM2 4.5l6 4.5 6-4.5",
  log: "M3.5 2.5h9v11h-9zM5.5 5.5h5M5.5 8h5M5.5 10.5h3",
  more: "M3.5 8a.5.5 0 1 0 .01 0M8 8a.5.5 0 1 0 .01 0M12.5 8a.5.5 0 1 0 .01 0",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 .01 0",
  eyeOff: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM3 13L13 3",
  play: "M5 3.5l7 4.5-7 4.5z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  full: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  fit: "M3 3h10v10H3zM6 6h4v4H6z",
  minus: "M3 8h10",
  info: "M8 2a6 6 0 1 0 .01 0M8 7.3V11M8 4.9v.2",
  save: "M3 3h8l2 2v8H3zM5.5 3v3.5h4.5V3M5.5 13V9.5h5V13",
  grip: "M6 4a.4.4 0 1 0 .01 0M10 4a.4.4 0 1 0 .01 0M6 8a.4.4 0 1 0 .01 0M10 8a.4.4 0 1 0 .01 0M6 12a.4.4 0 1 0 .01 0M10 12a.4.4 0 1 0 .01 0",
  jobs: "M2.5 4h11M2.5 8h7M2.5 12h9",
  key: "M5 8.5a2.5 2.5 0 1 0 .01 0M7 9.5L13.5 3M11 5.5l2 2",
  check: "M3 8.5l3.2 3.2L13 5",
  warning: "M8 2.5L14.5 13.5h-13zM8 6.5v3.5M8 11.6v.2",
  history: "M3 8.2a5 5 0 1 0 1.4-3.7L3 6M3 2.8V6h3.2M8 5.3v3l2 1.4",
  group: "M6 3.5a2 2 0 1 0 .01 0M2 13a4 4 0 0 1 8 0M10.5 4a1.8 1.8 0 0 1 .6 3.4M11.5 9.3a4 4 0 0 1 2.5 3.7",
  lock: "M4 7h8v6.5H4zM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
  down: "M3.5 6L8 10.5 12.5 6",
  tagSet: "M2 5h5l4.5 4.5L7 14 2 9zM4.3 7.2a.4.4 0 1 0 .01 0M5.5 2.5H9l5 5-1.5 1.5",
  back: "M10 3.5L5.5 8l4.5 4.5",
  tag: "M2.5 2.5h5.5l5.5 5.5-5.5 5.5L2.5 8zM5.3 5a.4.4 0 1 0 .01 0",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth={1.3}
      strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" style={{ flex: "none" }}>
      <path d={paths[name]} />
    </svg>
  );
}
