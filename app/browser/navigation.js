// Streamlit lists the groups of pages as boxes between a list and its items, which a screen reader
// then counts wrongly: links in a navigation say all that there is.
const LIST = '[data-testid="stSidebarNavItems"]'
const mend = () => {
  for (const part of document.querySelectorAll(`${LIST}, ${LIST} li`)) part.setAttribute("role", "none")
}
const changed = new MutationObserver(mend)

export default function () {
  const sidebar = document.querySelector('[data-testid="stSidebar"]')
  if (sidebar) changed.observe(sidebar, { childList: true, subtree: true })
  mend()
}
