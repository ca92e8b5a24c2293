export function format(name) {
  return `Dear ${name}, your parcel is on its way.`;
}
