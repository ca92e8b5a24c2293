export const revalidate = 2;

export default async function News() {
  return <p id="made">{new Date().toISOString()}</p>;
}
