'use client';

export function Greeting() {
  return <p>Welcome to {process.env.NEXT_PUBLIC_SHOP_NAME}</p>;
}
