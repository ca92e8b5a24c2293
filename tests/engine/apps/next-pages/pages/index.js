import Link from 'next/link';
import { title } from '../lib/title';

export default function Home() {
  return (
    <main>
      <h1>{title}</h1>
      <Link href="/posts/first">the first note</Link>
    </main>
  );
}
