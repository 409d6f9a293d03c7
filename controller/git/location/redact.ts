const SHORTEST_SECRET = 4

/**
 * A text without credentials: neither those of any URL in it, nor the secrets given, nor their URL-encoded forms.
 * Secrets shorter than 4 characters are only found inside URLs: replaced everywhere they would leave no text.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  const longestFirst = secrets.toSorted((a, b) => b.length - a.length)
  return inUrls(longestFirst.reduce(without, text))
}

function without(text: string, secret: string): string {
  if (secret.length < SHORTEST_SECRET) return text
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  const forms = [secret, encodeURIComponent(secret), encodeURI(secret), base64]
  return forms.reduce((rest, form) => rest.replaceAll(form, '***'), text)
}

function inUrls(text: string): string {
  return text
    .replace(/\b(https?:\/\/)[^\s'"/]*@/gi, '$1***@')
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/[^\s'"/:@]+):[^\s'"/]*@/gi, '$1:***@')
    .replace(/([?&](?:access_token|private_token|token|password|sig)=)[^\s&'"]+/gi, '$1***')
    .replace(/(authorization:\s*(?:basic|bearer)\s+)\S+/gi, '$1***')
}
