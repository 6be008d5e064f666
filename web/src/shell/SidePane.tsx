import { UnstyledButton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { MemberChooser } from "../scope/MemberChooser";
import { TagTree } from "../tags/TagTree";
import { TreePane } from "../tree/TreePane";
import classes from "./SidePane.module.css";

const TABS = [{ value: "projects", label: "Projects" }, { value: "tags", label: "Tags" }] as const;
type Tab = (typeof TABS)[number]["value"];

/** The pane at the left: what there is by projects and screens, or by tags; of everybody or of one member. */
export function SidePane() {
  const [tab, setTab] = useLocalStorage<Tab>({ key: "side-tab", defaultValue: "projects", getInitialValueInEffect: false });
  const heading = (
    <>
      {TABS.map(({ value, label }) => {
        const Heading = value === tab ? "h1" : "h2";
        return (
          <Heading key={value} className={classes.tab} data-chosen={value === tab || undefined}>
            <UnstyledButton aria-pressed={value === tab} onClick={() => setTab(value)}>{label}</UnstyledButton>
          </Heading>
        );
      })}
    </>
  );
  return tab === "tags" ? <><MemberChooser /><TagTree heading={heading} /></> : <><MemberChooser /><TreePane heading={heading} /></>;
}
