/** Flour, from cups. */
export const grams = (cups: number) => cups * 125;
