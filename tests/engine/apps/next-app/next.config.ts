import type { NextConfig } from 'next';

const withHeaders = (config: NextConfig): NextConfig => ({ poweredByHeader: false, ...config });

export default withHeaders({
  output: 'standalone',
  reactStrictMode: true,
});
