export function UploadHost() {
  return null;
}
