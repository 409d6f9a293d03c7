/** How often a property is tried: more often by hand, as in `FUZZ=100 npx vitest run test/property/desired`. */
export function runs(usual: number): { numRuns: number } {
  return { numRuns: usual * Number(process.env.FUZZ ?? 1) }
}
