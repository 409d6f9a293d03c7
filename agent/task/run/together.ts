/** Both results; when one fails the other is still waited for, so that nothing goes on behind the caller's back. */
export async function together<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b])
  return Promise.all([a, b])
}
