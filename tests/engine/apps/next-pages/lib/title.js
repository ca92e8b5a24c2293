export const title = 'Notes of a gardener';
