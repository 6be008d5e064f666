export function openUploadChooser(): void {
  document.getElementById("upload-files")?.click();
}
