const BROWSERS: [RegExp, string][] = [
  [/Edg\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\//, "Firefox"], [/(Headless)?Chrom(e|ium)\//, "Chrome"], [/Safari\//, "Safari"], [/^python-httpx\//, "Python"],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS X/, "macOS"], [/Linux/, "Linux"],
];

/** What people call a browser and its system, from what it calls itself: Firefox on Linux. */
export function nameBrowser(agent: string): string {
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  if (!browser) return agent.slice(0, 40) || "Unknown browser";
  return system ? `${browser} on ${system}` : browser;
}
