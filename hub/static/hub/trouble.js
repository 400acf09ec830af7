// "Go back" is there only when there is a page to go back to.
const back = document.querySelector(".back");
if (back && history.length > 1) {
  back.hidden = false;
  back.addEventListener("click", (event) => { event.preventDefault(); history.back(); });
}
