import ms from "ms";

const CROSSING = ms("35m");

/** When the ferry that leaves now is on the other side. */
export function arrival(leaves: Date): Date {
  return new Date(leaves.getTime() + CROSSING);
}
