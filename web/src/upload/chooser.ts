/** Opens the browser's own dialog for files or a folder. */
export function openUploadChooser(kind: "files" | "folder"): void {
  document.getElementById(`upload-${kind}`)?.click();
}
