import type { ReactNode } from "react";
import type { Fact } from "./imageFacts";
import classes from "./Inspector.module.css";

export function Facts({ facts, children }: { facts: Fact[]; children?: ReactNode }) {
  return (
    <dl className={classes.facts}>
      {facts.map(([label, value]) => (
        <FactRow key={label} label={label} value={value} />
      ))}
      {children}
    </dl>
  );
}

function FactRow({ label, value }: { label: string; value: string }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </>
  );
}
