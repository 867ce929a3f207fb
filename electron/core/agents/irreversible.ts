/** Which requests cannot be undone; they are answered by their letter, never by Enter. A hint for people, not a guard. */
const PATTERNS: readonly RegExp[] = [
  /\brm\b(?=[^|;&]*\s-\w*[rf])/,
  /\b(rmdir|shred|mkfs\S*|dd|fdisk|wipefs|format)\b/,
  /\bgit\s+(push\b[^|;&]*(--force|-f\b|--delete|--mirror)|reset\s+--hard|clean\s+-\w*f|branch\s+-D|stash\s+(drop|clear)|checkout\s+(--\s|\.))/,
  /\b(drop|truncate)\s+(table|database|schema)\b/i,
  /\bdelete\s+from\b(?![^;]*\bwhere\b)/i,
  /\b(terraform|pulumi|cdk)\s+(destroy|apply|up)\b/,
  /\b(kubectl|helm|docker|podman)\s+(delete|uninstall|rm|rmi|system\s+prune|volume\s+rm)\b/,
  /\b(npm|pnpm|yarn|cargo|twine|gem)\s+(publish|unpublish|upload|push)\b/,
  /\b(sudo|doas|shutdown|reboot|kill|pkill|killall|crontab\s+-r)\b/,
  /\bfind\b[^|;&]*-delete\b/,
  /\b(curl|wget)\b[^|;&]*\|\s*(ba|z|da)?sh\b/,
  /\bRemove-Item\b/i,
];

export function isIrreversible(command: string): boolean {
  return PATTERNS.some((pattern) => pattern.test(command));
}
