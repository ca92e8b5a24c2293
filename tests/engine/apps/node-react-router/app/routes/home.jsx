export function loader() {
  return { recipes: ["soup", "bread"] };
}

export default function Home({ loaderData }) {
  return (
    <ul>
      {loaderData.recipes.map((recipe) => (
        <li key={recipe}>{recipe}</li>
      ))}
    </ul>
  );
}
