import Image from 'next/image';
import { Greeting } from './greeting';

export default function Page() {
  return (
    <main>
      <h1>Storefront, first edition</h1>
      <Greeting />
      <Image src="/lamp.png" alt="a lamp" width={64} height={64} />
    </main>
  );
}
