import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { histogramQuery } from "../api/rendering";
import type { ViewState } from "./useViewState";

/** Histograms are asked for after the first picture: they must not stand in its way. */
function useWhen(isShown: boolean, id: number, view: ViewState): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!isShown) return;
    for (const channel of view.settings.channels.filter((candidate) => candidate.active).slice(0, 8)) {
      void client.prefetchQuery(histogramQuery(id, channel.index, view.z, view.t));
    }
    // Only once for a picture; the panel asks again for what it shows.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [isShown, id, client]);
}

export const histogramsPrefetch = { useWhen };
