"""The workbench: the only place where Streamlit is imported."""
