import { useEffect, useState } from "react";

/** True once `isWaiting` has lasted 300 ms: shorter waits show nothing, so that nothing flashes. */
export function useDelayed(isWaiting: boolean, delayMs = 300): boolean {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setTimeout(() => setLate(true), delayMs);
    return () => {
      clearTimeout(timer);
      setLate(false);
    };
  }, [isWaiting, delayMs]);
  return isWaiting && isLate;
}
