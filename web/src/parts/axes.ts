import { scaleBand, scaleLinear } from 'd3-scale';
import { type RefObject, useEffect, useRef, useState } from 'react';
import type { MonthCount } from '../months';

interface Room {
  width: number;
  height: number;
  left: number;
}

interface MonthTick {
  month: string;
  at: number;
  /** A year, where it stands for its January; else the month is written out. */
  text?: string;
}

const APART = 64; // pixels that the name of a month needs
const TOP = 16; // room for a number above the highest bar

/** Where bars stand and how high they are, with the numbers and months that are written beside them. */
export function axesOf(bars: readonly MonthCount[], { width, height, left }: Room) {
  const x = scaleBand<string>()
    .domain(bars.map(({ month }) => month))
    .range([left, width])
    .paddingInner(0.2);
  // Few bars are no broader than those of a year.
  if (bars.length < 12) x.range([left, left + ((width - left) * bars.length) / 12]);
  const y = scaleLinear()
    .domain([0, Math.max(1, ...bars.map(({ count }) => count))])
    .range([height, TOP])
    .nice(4);
  const values = y.ticks(4).filter(Number.isInteger);
  return { x, y, values, months: monthTicks(bars, x, width) };
}

type Band = ReturnType<typeof scaleBand<string>>;

/** Januaries where there are several years of months, else every so manieth bar: as many as have room. */
function monthTicks(bars: readonly MonthCount[], x: Band, width: number): MonthTick[] {
  const years = bars.length > 36 && bars[0]?.month.length === 7;
  const marked = years ? bars.filter(({ month }) => month.endsWith('-01')) : bars;
  const middle = (month: string) => (x(month) ?? 0) + x.bandwidth() / 2;
  const [first, second] = marked;
  const step = first && second ? middle(second.month) - middle(first.month) : width;
  const room = years ? APART / 1.5 : APART;
  return marked
    .filter((_, index) => index % Math.ceil(room / step) === 0)
    .map(({ month }) => ({ month, at: middle(month), ...(years && { text: month.slice(0, 4) }) }))
    .filter(({ at }) => at + room / 2 <= width);
}

/** How wide an element is, so that what is drawn in it has letters of one size. */
export function useWidth(): [RefObject<HTMLElement | null>, number] {
  const element = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(560);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.max(240, Math.floor(entry.contentRect.width))));
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}
