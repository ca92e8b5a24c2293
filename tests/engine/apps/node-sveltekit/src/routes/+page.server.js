export const actions = {
  default: async ({ request }) => ({ title: (await request.formData()).get("title") }),
};
