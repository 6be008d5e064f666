import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { Histogram } from "../../api/types";
import { pointsOf, readableOnBlack } from "../windows";

interface Props { histogram: Histogram; color: string; min: number; max: number }

/** How often each intensity occurs in the plane, on a logarithmic scale, over the same range as the slider below. */
export function HistogramPlot({ histogram, color, min, max }: Props) {
  const target = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const node = target.current!;
    const { x, counts } = pointsOf(histogram);
    const y = counts.map((count) => Math.log10(count + 1));
    const plot = new uPlot(
      {
        width: node.clientWidth, height: node.clientHeight, padding: [2, 0, 0, 0], legend: { show: false }, cursor: { show: false },
        axes: [{ show: false }, { show: false }],
        scales: { x: { time: false, range: [min, max] }, y: { range: [0, Math.max(...y, 1)] } },
        series: [{}, { stroke: readableOnBlack(color), fill: `${readableOnBlack(color)}55`, width: 1, points: { show: false } }],
      },
      [x, y],
      node,
    );
    return () => plot.destroy();
  }, [histogram, color, min, max]);
  return <div ref={target} style={{ height: "100%" }} aria-hidden="true" />;
}
