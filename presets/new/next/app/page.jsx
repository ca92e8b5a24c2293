export default function Page() {
  return <p>example</p>;
}
