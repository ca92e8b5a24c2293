import { createFileRoute } from "@tanstack/react-router";

export const Route = createFileRoute("/")({
  loader: () => ["ridge", "valley"],
  component: () => (
    <ul>
      {Route.useLoaderData().map((trail) => (
        <li key={trail}>{trail}</li>
      ))}
    </ul>
  ),
});
