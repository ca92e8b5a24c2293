export async function getStaticPaths() {
  return { paths: [{ params: { slug: 'first' } }], fallback: 'blocking' };
}

export async function getStaticProps({ params }) {
  return { props: { slug: params.slug, made: new Date().toISOString() }, revalidate: 2 };
}

export default function Post({ slug, made }) {
  return (
    <article>
      <h1>{slug}</h1>
      <p id="made">{made}</p>
    </article>
  );
}
